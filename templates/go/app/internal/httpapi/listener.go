package httpapi

import (
	"io"
	"net"
	"sync"
)

// Listener takes care of connections on which nobody has sent anything yet, such as a balancer opens in advance.
//
// fasthttp 1.73 counts them as busy, so that they hold up the drain for the read timeout: here they are closed with the
// listener. And when one ends, fasthttp writes and logs an answer that nobody asked for: here it ends without a word.
type Listener struct {
	net.Listener

	mutex  sync.Mutex
	closed bool
	silent map[*connection]bool
}

// NewListener wraps a listener.
func NewListener(inner net.Listener) *Listener {
	return &Listener{Listener: inner, silent: make(map[*connection]bool)}
}

// Accept returns the next connection, silent until it is read from.
func (l *Listener) Accept() (net.Conn, error) {
	inner, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	conn := &connection{Conn: inner, listener: l}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.closed { // after it was accepted, and before it was noted
		_ = inner.Close()
		return nil, net.ErrClosed
	}
	l.silent[conn] = true
	return conn, nil
}

// Close stops accepting, and closes the silent connections.
func (l *Listener) Close() error {
	err := l.Listener.Close()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.closed = true
	for conn := range l.silent {
		_ = conn.Conn.Close() // its client may have been first
	}
	return err
}

func (l *Listener) forget(conn *connection) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	delete(l.silent, conn)
}

type connection struct {
	net.Conn

	listener *Listener
	spoken   bool
}

func (c *connection) Read(buffer []byte) (int, error) {
	n, err := c.Conn.Read(buffer)
	switch {
	case c.spoken:
	case n > 0:
		c.spoken = true
		c.listener.forget(c)
	case err != nil:
		err = io.EOF
	}
	return n, err
}

func (c *connection) Close() error {
	c.listener.forget(c)
	return c.Conn.Close()
}
