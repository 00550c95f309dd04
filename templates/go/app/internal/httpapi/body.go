package httpapi

import (
	"errors"
	"io"
	"mime"
	"net"
	"strings"

	"github.com/gofiber/fiber/v3"
)

// How much of an unread body is thrown away so that its sender can read the answer; beyond it the connection is cut.
const discardLimit = 16 << 20

type bodyKey struct{}

func bodyOf(c fiber.Ctx) []byte { return fiber.Locals[[]byte](c, bodyKey{}) }

// readBody is the middleware of operations that take a body. It runs after authentication, for bodies are streamed.
func (s *Server) readBody(c fiber.Ctx) error {
	if !isJSON(c.Get(fiber.HeaderContentType)) || c.Get(fiber.HeaderContentEncoding) != "" {
		return &problem{kind: unsupportedMediaType}
	}
	if c.Request().Header.ContentLength() > s.settings.BodyLimit {
		return &problem{kind: tooLarge}
	}
	stream := c.Request().BodyStream()
	if stream == nil {
		return &problem{kind: malformedRequest, detail: "The body is missing."}
	}
	body, err := io.ReadAll(io.LimitReader(stream, int64(s.settings.BodyLimit)+1))
	if err != nil {
		exchangeOf(c).bodyRead = true // nothing more will come
		c.RequestCtx().SetConnectionClose()
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			return &problem{kind: requestTimeout}
		}
		return &problem{kind: malformedRequest, detail: "The body ends early."}
	}
	if len(body) > s.settings.BodyLimit {
		return &problem{kind: tooLarge}
	}
	exchangeOf(c).bodyRead = true
	c.Locals(bodyKey{}, body)
	return c.Next()
}

func isJSON(contentType string) bool {
	media, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || media != fiber.MIMEApplicationJSON {
		return false
	}
	for name, value := range parameters {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return false
		}
	}
	return true
}

// discardBody reads what nobody read. fasthttp would take the rest of a streamed body for the next request.
func discardBody(c fiber.Ctx) {
	stream := c.Request().BodyStream()
	if stream == nil {
		return
	}
	if _, err := io.CopyN(io.Discard, stream, discardLimit); !errors.Is(err, io.EOF) {
		c.RequestCtx().SetConnectionClose()
	}
}
