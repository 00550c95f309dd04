package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	lockNotAvailable     = "55P03"
	queryCanceled        = "57014"
	featureNotSupported  = "0A000"
)

// Constraint returns the name of the constraint that a statement violated, or nothing.
func Constraint(err error) string {
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		return failure.ConstraintName
	}
	return ""
}

// Unavailable says whether the database could not do the work now, and may be able to soon.
func Unavailable(err error) bool {
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		return conflict(err) || shutdown(failure.Code) ||
			slices.Contains([]string{lockNotAvailable, queryCanceled}, failure.Code) ||
			strings.HasPrefix(failure.Code, "08") || strings.HasPrefix(failure.Code, "53")
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	return connecting || lost(err) || errors.Is(err, context.DeadlineExceeded)
}

// conflict says whether PostgreSQL asks for the whole transaction again.
func conflict(err error) bool {
	failure, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (failure.Code == serializationFailure || failure.Code == deadlockDetected)
}

// stalePlan says whether a migration changed what a prepared statement returns; pgx then prepares it anew.
func stalePlan(err error) bool {
	failure, ok := errors.AsType[*pgconn.PgError](err)
	return ok && failure.Code == featureNotSupported && strings.Contains(failure.Message, "cached plan")
}

// lost says whether the connection died under a statement.
func lost(err error) bool {
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		return shutdown(failure.Code)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return false // there was none
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	return slices.ContainsFunc([]error{
		driver.ErrBadConn, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE,
	}, func(known error) bool { return errors.Is(err, known) })
}

// shutdown says whether the code is admin_shutdown, crash_shutdown or cannot_connect_now.
func shutdown(code string) bool { return code == "57P01" || code == "57P02" || code == "57P03" }
