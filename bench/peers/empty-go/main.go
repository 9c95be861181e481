// Command empty-go allows every check without looking at it: the least a gRPC server in Go can do.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	auth "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
)

type server struct {
	auth.UnimplementedAuthorizationServer
}

// Check sets and removes the headers that an allow of Sluice does.
func (server) Check(context.Context, *auth.CheckRequest) (*auth.CheckResponse, error) {
	set := func(name, value string) *core.HeaderValueOption {
		return &core.HeaderValueOption{
			Header:       &core.HeaderValue{Key: name, Value: value},
			AppendAction: core.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD,
		}
	}
	ok := &auth.OkHttpResponse{
		Headers: []*core.HeaderValueOption{set("x-user-id", "user-1"), set("x-auth-provider", "corporate")},
	}
	return &auth.CheckResponse{
		Status:       &status.Status{Code: 0},
		HttpResponse: &auth.CheckResponse_OkResponse{OkResponse: ok},
	}, nil
}

func main() {
	address := flag.String("address", "127.0.0.1:0", "where to listen")
	workers := flag.Uint("workers", 0, "grpc.NumStreamWorkers; 0 = a goroutine for each stream")
	flag.Parse()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	s := grpc.NewServer(grpc.NumStreamWorkers(uint32(*workers)), grpc.MaxConcurrentStreams(1000))
	auth.RegisterAuthorizationServer(s, server{})
	fmt.Println("listening", listener.Addr())
	log.Fatal(s.Serve(listener))
}
