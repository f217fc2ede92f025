package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const (
	readBuffer    = 64 << 10
	firstWindow   = 65_535
	largestWindow = 1<<31 - 1
	writeTimeout  = 10 * time.Second
	grpcPrefix    = 5
)

// connection is one HTTP/2 connection, used by whoever holds its lock. What is called is written with the next flush.
type connection struct {
	lock   sync.Mutex
	load   *load
	socket net.Conn
	reader *bufio.Reader
	in     *http2.Framer

	out       bytes.Buffer
	frames    *http2.Framer
	fields    bytes.Buffer
	encoder   *hpack.Encoder
	decoder   *hpack.Decoder
	authority string
	shapes    []shape
	message   bytes.Buffer

	open       map[uint32]*client
	nextStream uint32
	// What the server lets us send, and who waits for more.
	window int64
	held   []*client
	// The stream whose headers are being read.
	heading *client

	sent, answered, failed, measured int64
	firstFailure                     string
	latency                          histogram
	over                             bool
}

// reply is what has come of the answer to a call.
type reply struct {
	message bool
	status  string
}

func dial(port int, shapes []*shape, l *load) (*connection, error) {
	authority := fmt.Sprintf("127.0.0.1:%d", port)
	socket, err := net.Dial("tcp", authority)
	if err != nil {
		return nil, err
	}
	c := &connection{
		load: l, socket: socket, authority: authority, reader: bufio.NewReaderSize(socket, readBuffer),
		open: map[uint32]*client{}, nextStream: 1, window: firstWindow,
	}
	for _, s := range shapes {
		own := *s // the places in it are overwritten for each call
		own.Message = bytes.Clone(s.Message)
		c.shapes = append(c.shapes, own)
	}
	c.in = http2.NewFramer(nil, c.reader)
	c.in.SetReuseFrames()
	c.frames = http2.NewFramer(&c.out, nil)
	c.encoder = hpack.NewEncoder(&c.fields)
	c.decoder = hpack.NewDecoder(4096, c.field)
	c.out.WriteString(http2.ClientPreface)
	// As EMQX's client: no push. Room for all answers ever, so that none of ours needs a thought.
	err = c.frames.WriteSettings(http2.Setting{ID: http2.SettingEnablePush, Val: 0})
	if err == nil {
		err = c.frames.WriteWindowUpdate(0, largestWindow-firstWindow)
	}
	c.flush()
	return c, err
}

// call begins a client's next call, which was due then.
func (c *connection) call(who *client, due time.Time) {
	who.busy = true
	who.due = due
	who.reply = reply{}
	c.load.inFlight.Add(1)
	if c.over {
		c.done(who, "the connection is closed")
		return
	}
	if len(c.held) > 0 || int64(len(c.shapes[who.step].Message)+grpcPrefix) > c.window {
		c.held = append(c.held, who)
		return
	}
	c.send(who)
}

func (c *connection) send(who *client) {
	what := &c.shapes[who.step]
	for _, at := range what.Client {
		digits(what.Message[at:at+6], who.number)
	}
	for _, at := range what.Peer {
		digits(what.Message[at:at+6], (who.number+1)%c.load.plan.Clients)
	}
	digits(what.Message[what.Sequence:what.Sequence+10], who.sequence)
	who.sequence++
	who.step = (who.step + 1) % len(c.shapes)

	stream := c.nextStream
	c.nextStream += 2
	c.open[stream] = who
	c.sent++
	c.fields.Reset()
	for _, f := range [...][2]string{
		{":method", "POST"}, {":scheme", "http"}, {":path", what.Path}, {":authority", c.authority},
		{"grpc-encoding", "identity"}, {"grpc-timeout", "5S"}, {"content-type", "application/grpc+proto"},
		{"user-agent", "grpc-erlang/0.1.0"}, {"te", "trailers"},
	} {
		_ = c.encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}) // a bytes.Buffer takes all
	}
	_ = c.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: c.fields.Bytes(), EndHeaders: true})
	c.message.Reset()
	c.message.WriteByte(0)
	_ = binary.Write(&c.message, binary.BigEndian, uint32(len(what.Message)))
	c.message.Write(what.Message)
	c.window -= int64(c.message.Len())
	_ = c.frames.WriteData(stream, true, c.message.Bytes())
}

// digits writes a number with leading zeros.
func digits(into []byte, number int) {
	for i := len(into) - 1; i >= 0; i-- {
		into[i] = byte('0' + number%10)
		number /= 10
	}
}

func (c *connection) flush() {
	if c.out.Len() == 0 || c.over {
		return
	}
	_ = c.socket.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := c.socket.Write(c.out.Bytes()); err != nil {
		c.fail(err.Error())
	}
	c.out.Reset()
}

// done ends a client's call; why is empty when it was answered. When another is due already, and in a closed loop after an
// answer, the next one begins at once.
func (c *connection) done(who *client, why string) {
	now := time.Now()
	c.load.inFlight.Add(-1)
	who.busy = false
	open := c.load.plan.Rate > 0
	counted := who.due
	if !open {
		counted = now
	}
	if why != "" {
		c.failed++
		if c.firstFailure == "" {
			c.firstFailure = why
		}
	} else {
		c.answered++
		if c.load.within(now) {
			c.measured++
		}
		if c.load.within(counted) {
			c.latency.add(now.Sub(who.due))
		}
	}
	if c.over {
		return
	}
	if len(who.waiting) > 0 {
		due := who.waiting[0]
		who.waiting = who.waiting[1:]
		c.load.inFlight.Add(-1)
		c.call(who, due)
	} else if !open && why == "" && now.Before(c.load.end) {
		c.call(who, now)
	}
}

func (l *load) within(at time.Time) bool { return !at.Before(l.begin) && at.Before(l.end) }

// fail ends the connection and all that is open on it.
func (c *connection) fail(why string) {
	if c.over {
		return
	}
	c.over = true
	_ = c.socket.Close()
	open := c.open
	c.open = map[uint32]*client{}
	for _, who := range open {
		c.done(who, why)
	}
	for _, who := range c.held {
		c.done(who, why)
	}
	c.held = nil
	for _, who := range c.load.clients {
		if who.on != c {
			continue
		}
		c.failed += int64(len(who.waiting))
		c.load.inFlight.Add(-int64(len(who.waiting)))
		who.waiting = nil
	}
}
