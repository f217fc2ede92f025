// Command grpc-go-bare is a HookProvider that only answers: grpc-go hands it OnMessagePublish as bytes, undecoded, and it
// gives back the same two bytes each time. Prints its port as JSON; ends with SIGTERM.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
)

type bytesCodec struct{}

func (bytesCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}
func (bytesCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}
func (bytesCodec) Name() string { return "proto" }

// ValuedResponse with type IGNORE.
var ignore = []byte{0x08, 0x01}

func answer(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	var request []byte
	if err := decode(&request); err != nil {
		return nil, err
	}
	return &ignore, nil
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer(grpc.ForceServerCodecV2(bytesCodec{}))
	for _, version := range []string{"v2", "v3"} {
		server.RegisterService(&grpc.ServiceDesc{
			ServiceName: "emqx.exhook." + version + ".HookProvider",
			Methods:     []grpc.MethodDesc{{MethodName: "OnMessagePublish", Handler: answer}},
		}, nil)
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	go func() {
		<-ended
		server.Stop()
	}()
	fmt.Printf("{\"port\":%d,\"grpcGo\":%q,\"go\":%q}\n", listener.Addr().(*net.TCPAddr).Port, grpc.Version, runtime.Version())
	if err := server.Serve(listener); err != nil {
		panic(err)
	}
}
