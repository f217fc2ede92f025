// Command grpc-go-client calls a HookProvider as grpc-go does, and prints what came back as one line of JSON.
//
// It sends and receives bytes as they are. Calls go out over one connection, many at a time.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// bytesCodec hands messages over as they are.
type bytesCodec struct{}

func (bytesCodec) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }
func (bytesCodec) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}
func (bytesCodec) Name() string { return "proto" }

// wanted is what the test asks for, as JSON on standard input.
type wanted struct {
	Address   string `json:"address"`
	Method    string `json:"method"`
	Request   string `json:"request"` // base64
	Calls     int    `json:"calls"`
	AtOnce    int    `json:"atOnce"`
	TimeoutMs int    `json:"timeoutMs"`
}

type outcome struct {
	Replies map[string]int `json:"replies"` // by the reply in base64
	Errors  map[string]int `json:"errors"`  // by the status
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var want wanted
	if err := json.NewDecoder(os.Stdin).Decode(&want); err != nil {
		return err
	}
	request, err := base64.StdEncoding.DecodeString(want.Request)
	if err != nil {
		return err
	}
	connection, err := grpc.NewClient(want.Address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(bytesCodec{}), grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		return err
	}
	defer connection.Close()

	result := outcome{Replies: map[string]int{}, Errors: map[string]int{}}
	var mutex sync.Mutex
	var all sync.WaitGroup
	turns := make(chan struct{}, want.AtOnce)
	for range want.Calls {
		turns <- struct{}{}
		all.Add(1)
		go func() {
			defer func() { <-turns; all.Done() }()
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(want.TimeoutMs)*time.Millisecond)
			defer cancel()
			var reply []byte
			err := connection.Invoke(ctx, want.Method, &request, &reply)
			mutex.Lock()
			defer mutex.Unlock()
			if err != nil {
				result.Errors[status.Code(err).String()]++
			} else {
				result.Replies[base64.StdEncoding.EncodeToString(reply)]++
			}
		}()
	}
	all.Wait()
	return json.NewEncoder(os.Stdout).Encode(result)
}
