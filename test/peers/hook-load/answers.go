package main

import (
	"encoding/binary"
	"errors"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// read takes what the server sends until the connection ends. What is called in answer to it goes out together, when no
// whole frame is left to be read.
func (c *connection) read() {
	for {
		frame, err := c.in.ReadFrame()
		c.lock.Lock()
		if err == nil {
			err = c.take(frame)
		}
		if err != nil {
			c.fail(err.Error())
			c.lock.Unlock()
			return
		}
		if !c.frameIsThere() {
			c.flush()
		}
		c.lock.Unlock()
	}
}

// frameIsThere tells whether the next frame can be read without waiting for it.
func (c *connection) frameIsThere() bool {
	const header = 9
	if c.reader.Buffered() < header {
		return false
	}
	next, err := c.reader.Peek(header)
	if err != nil {
		return false
	}
	length := int(binary.BigEndian.Uint32(next) >> 8)
	return c.reader.Buffered() >= header+length
}

func (c *connection) take(frame http2.Frame) error {
	switch f := frame.(type) {
	case *http2.HeadersFrame:
		return c.takeFields(f.StreamID, f.HeaderBlockFragment(), f.HeadersEnded(), f.StreamEnded())
	case *http2.DataFrame:
		data := f.Data()
		if who := c.open[f.StreamID]; who != nil && len(data) >= grpcPrefix {
			if data[0] != 0 {
				return errors.New("a compressed reply, which EMQX does not take")
			}
			who.reply.message = true
		}
		if f.StreamEnded() {
			c.ended(f.StreamID)
		}
	case *http2.RSTStreamFrame:
		if who := c.open[f.StreamID]; who != nil {
			delete(c.open, f.StreamID)
			c.done(who, "the stream was reset: "+f.ErrCode.String())
		}
	case *http2.SettingsFrame:
		if !f.IsAck() {
			return c.frames.WriteSettingsAck()
		}
	case *http2.PingFrame:
		if !f.IsAck() {
			return c.frames.WritePing(true, f.Data)
		}
	case *http2.WindowUpdateFrame:
		if f.StreamID == 0 {
			c.window += int64(f.Increment)
			c.sendHeld()
		}
	case *http2.GoAwayFrame:
		return errors.New("the server says GOAWAY: " + f.ErrCode.String())
	case *http2.ContinuationFrame:
		return errors.New("a reply with CONTINUATION, which no HookProvider needs")
	}
	return nil
}

func (c *connection) sendHeld() {
	for len(c.held) > 0 && int64(len(c.shapes[c.held[0].step].Message)+grpcPrefix) <= c.window {
		who := c.held[0]
		c.held = c.held[1:]
		c.send(who)
	}
}

func (c *connection) takeFields(stream uint32, block []byte, whole, last bool) error {
	c.heading = c.open[stream]
	if _, err := c.decoder.Write(block); err != nil {
		return err
	}
	c.heading = nil
	if whole {
		if err := c.decoder.Close(); err != nil {
			return err
		}
	}
	if last {
		c.ended(stream)
	}
	return nil
}

func (c *connection) field(f hpack.HeaderField) {
	if f.Name == "grpc-status" && c.heading != nil {
		c.heading.reply.status = f.Value
	}
}

func (c *connection) ended(stream uint32) {
	who := c.open[stream]
	if who == nil {
		return
	}
	delete(c.open, stream)
	switch {
	case who.reply.status != "0":
		c.done(who, "gRPC status "+who.reply.status)
	case !who.reply.message:
		c.done(who, "no message in the reply")
	default:
		c.done(who, "")
	}
}
