// Command hook-load makes hook calls as EMQX makes them: some HTTP/2 connections, each MQTT client always on the one that
// the hash of its client id picks, and never more than one call of a client in flight.
//
// It takes a plan as JSON on standard input (bench/load/load-plan.ts says what is in it) and prints lines of JSON: when the
// measured part begins, when it ends, and what came of it.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
)

type plan struct {
	Port        int      `json:"port"`
	Connections int      `json:"connections"`
	Clients     int      `json:"clients"`
	Prefix      string   `json:"prefix"`
	Calls       []*shape `json:"calls"`
	// Calls a second; 0 for a closed loop.
	Rate      float64 `json:"rate"`
	WarmUpMs  int64   `json:"warmUpMs"`
	MeasureMs int64   `json:"measureMs"`
}

// shape is a hook call, and the places in it that differ from call to call.
type shape struct {
	Path     string `json:"path"`
	Message  []byte `json:"message"`
	Client   []int  `json:"client"`
	Peer     []int  `json:"peer"`
	Sequence int    `json:"sequence"`
}

type outcome struct {
	Sent            int64      `json:"sent"`
	Answered        int64      `json:"answered"`
	Failed          int64      `json:"failed"`
	FirstFailure    string     `json:"firstFailure"`
	Measured        int64      `json:"measured"`
	Seconds         float64    `json:"seconds"`
	LatencyUs       [][2]int64 `json:"latencyUs"`
	LateUs          [][2]int64 `json:"lateUs"`
	CPUMicroseconds int64      `json:"cpuMicroseconds"`
}

// How long the server has for what is in flight when the load is over.
const patience = 30 * time.Second

func main() {
	var wanted plan
	if err := json.NewDecoder(os.Stdin).Decode(&wanted); err != nil {
		fail(err)
	}
	// What it allocates is little and short-lived, and the machine belongs to the server.
	debug.SetGCPercent(800)
	runtime.GOMAXPROCS(2)
	load, err := newLoad(&wanted)
	if err != nil {
		fail(err)
	}
	began := time.Now()
	load.start(began)
	time.Sleep(time.Until(load.begin))
	say(map[string]string{"phase": "begin"})
	cpu := cpuMicroseconds()
	time.Sleep(time.Until(load.end))
	cpu = cpuMicroseconds() - cpu
	say(map[string]string{"phase": "end"})
	load.drain(patience)
	result := load.outcome()
	result.CPUMicroseconds = cpu
	say(map[string]outcome{"result": result})
}

// cpuMicroseconds is the user and system time of this process so far.
func cpuMicroseconds() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		fail(err)
	}
	return usage.Utime.Nano()/1000 + usage.Stime.Nano()/1000
}

func say(what any) {
	line, err := json.Marshal(what)
	if err != nil {
		fail(err)
	}
	fmt.Println(string(line))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "hook-load:", err)
	os.Exit(1)
}
