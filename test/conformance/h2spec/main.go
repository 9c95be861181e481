// Command h2spec puts every case of h2spec, also the strict ones, to the server on a port of this
// machine, and prints as JSON what each came to.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/summerwind/h2spec/config"
	"github.com/summerwind/h2spec/generic"
	"github.com/summerwind/h2spec/hpack"
	"github.com/summerwind/h2spec/http2"
	"github.com/summerwind/h2spec/spec"
)

type outcome struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Requirement string   `json:"requirement"`
	Passed      bool     `json:"passed"`
	Expected    []string `json:"expected"`
	Actual      string   `json:"actual"`
}

func main() {
	port := flag.Int("port", 0, "where the server listens")
	timeout := flag.Duration("timeout", 5*time.Second, "for what the server is expected to send")
	flag.Parse()
	c := &config.Config{
		Host:         "127.0.0.1",
		Port:         *port,
		Path:         "/",
		Timeout:      *timeout,
		MaxHeaderLen: 4000,
		Strict:       true,
	}
	outcomes := []outcome{}
	for _, group := range []*spec.TestGroup{generic.Spec(), http2.Spec(), hpack.Spec()} {
		outcomes = append(outcomes, ask(c, group)...)
	}
	if err := json.NewEncoder(os.Stdout).Encode(outcomes); err != nil {
		log.Fatal(err)
	}
}

func ask(c *config.Config, group *spec.TestGroup) []outcome {
	var outcomes []outcome
	for i, test := range append(group.Tests, group.StrictTests...) {
		o := outcome{
			ID:          fmt.Sprintf("%s/%d", group.ID(), i+1),
			Title:       test.Desc,
			Requirement: test.Requirement,
		}
		err := run(c, test)
		o.Passed = err == nil
		var failed *spec.TestError
		if errors.As(err, &failed) {
			o.Expected, o.Actual = failed.Expected, failed.Actual
		} else if err != nil {
			o.Actual = err.Error() // among others spec.ErrSkipped
		}
		outcomes = append(outcomes, o)
	}
	for _, inner := range group.Groups {
		outcomes = append(outcomes, ask(c, inner)...)
	}
	return outcomes
}

func run(c *config.Config, test *spec.TestCase) error {
	conn, err := spec.Dial(c)
	if err != nil {
		return err
	}
	defer conn.Close()
	return test.Run(c, conn)
}
