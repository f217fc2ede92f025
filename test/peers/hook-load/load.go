package main

import (
	"fmt"
	"hash/fnv"
	"sync/atomic"
	"syscall"
	"time"
)

// client is an MQTT client: its calls go out one after the other, over one connection.
type client struct {
	number   int
	on       *connection
	step     int
	sequence int
	busy     bool
	// When the calls were due that wait behind the one in flight, the oldest first.
	waiting []time.Time
	due     time.Time
	reply   reply
}

// load is all clients and connections of a plan. Its window is fixed before the first call, so that none depends on how
// quickly this program wakes up.
type load struct {
	plan        *plan
	connections []*connection
	clients     []*client
	begin, end  time.Time
	late        histogram
	inFlight    atomic.Int64
	scheduled   chan struct{}
}

func newLoad(wanted *plan) (*load, error) {
	l := &load{plan: wanted, scheduled: make(chan struct{})}
	for range wanted.Connections {
		c, err := dial(wanted.Port, wanted.Calls, l)
		if err != nil {
			return nil, err
		}
		l.connections = append(l.connections, c)
	}
	for n := range wanted.Clients {
		// Where in the cycle a client begins differs, so that at any moment all hooks of a mix are called.
		l.clients = append(l.clients, &client{number: n, on: l.connectionOf(n), step: n % len(wanted.Calls)})
	}
	return l, nil
}

func (l *load) connectionOf(number int) *connection {
	hash := fnv.New32a()
	fmt.Fprintf(hash, "%s%06d", l.plan.Prefix, number)
	sum := hash.Sum32()
	return l.connections[int((sum^sum>>16)%uint32(len(l.connections)))]
}

func (l *load) start(now time.Time) {
	l.begin = now.Add(time.Duration(l.plan.WarmUpMs) * time.Millisecond)
	l.end = l.begin.Add(time.Duration(l.plan.MeasureMs) * time.Millisecond)
	for _, c := range l.connections {
		go c.read()
	}
	if l.plan.Rate > 0 {
		go l.callWhenDue(now)
		return
	}
	for _, client := range l.clients {
		client.on.lock.Lock()
		client.on.call(client, now)
		client.on.lock.Unlock()
	}
	l.flush()
	close(l.scheduled)
}

// callWhenDue is the open loop: a call is due at its time whatever the server does, and its latency counts from then. A
// call of a client that still waits for the one before waits too, as the events of an MQTT client do in EMQX.
func (l *load) callWhenDue(start time.Time) {
	defer close(l.scheduled)
	every := float64(time.Second) / l.plan.Rate
	for i := 0; ; {
		now := time.Now()
		for {
			due := start.Add(time.Duration(float64(i) * every))
			if !due.Before(l.end) {
				l.flush()
				return
			}
			if due.After(now) {
				break
			}
			if !due.Before(l.begin) {
				l.late.add(now.Sub(due))
			}
			client := l.clients[i%len(l.clients)]
			client.on.lock.Lock()
			if client.busy {
				client.waiting = append(client.waiting, due)
				l.inFlight.Add(1)
			} else {
				client.on.call(client, due)
			}
			client.on.lock.Unlock()
			i++
		}
		l.flush()
		next := start.Add(time.Duration(float64(i) * every))
		// The runtime's own timers wake up to a millisecond late.
		if pause := time.Until(next); pause > 0 {
			wait := syscall.NsecToTimespec(int64(pause))
			_ = syscall.Nanosleep(&wait, nil) // woken early is looked at again
		}
	}
}

func (l *load) flush() {
	for _, c := range l.connections {
		c.lock.Lock()
		c.flush()
		c.lock.Unlock()
	}
}

// drain waits for what is in flight; what is not answered in time counts as failed.
func (l *load) drain(patience time.Duration) {
	<-l.scheduled
	for deadline := time.Now().Add(patience); l.inFlight.Load() > 0 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	for _, c := range l.connections {
		c.lock.Lock()
		c.fail("not answered when the load was over")
		c.lock.Unlock()
	}
}

func (l *load) outcome() outcome {
	result := outcome{Seconds: l.end.Sub(l.begin).Seconds()}
	var latency histogram
	for _, c := range l.connections {
		c.lock.Lock()
		result.Sent += c.sent
		result.Answered += c.answered
		result.Failed += c.failed
		result.Measured += c.measured
		if result.FirstFailure == "" {
			result.FirstFailure = c.firstFailure
		}
		latency.merge(&c.latency)
		c.lock.Unlock()
	}
	result.LatencyUs = latency.pairs()
	result.LateUs = l.late.pairs()
	return result
}
