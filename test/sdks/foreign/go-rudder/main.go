// An app with RudderStack's Go SDK: reads its key, then its calls, as lines of JSON; ends when all are sent.
package main

import (
	"encoding/json"
	"io"
	"log"
	"os"
	"time"

	"github.com/rudderlabs/analytics-go/v4"
)

type job struct {
	URL string `json:"url"`
	Key string `json:"key"`
}

type call struct {
	Call        string         `json:"call"`
	UserID      string         `json:"userId"`
	AnonymousID string         `json:"anonymousId"`
	Event       string         `json:"event"`
	GroupID     string         `json:"groupId"`
	Timestamp   time.Time      `json:"timestamp"`
	Properties  map[string]any `json:"properties"`
}

func main() {
	calls := json.NewDecoder(os.Stdin)
	var start job
	check(calls.Decode(&start))
	client, err := analytics.NewWithConfig(start.Key, analytics.Config{
		DataPlaneUrl: start.URL,
		Interval:     200 * time.Millisecond,
		Logger:       analytics.StdLogger(log.New(io.Discard, "", 0)), // the test asserts what arrives
	})
	check(err)
	for calls.More() {
		var next call
		check(calls.Decode(&next))
		check(client.Enqueue(message(next)))
	}
	check(client.Close())
}

func message(next call) analytics.Message {
	if next.Call == "identify" {
		return analytics.Identify{UserId: next.UserID}
	}
	return analytics.Track{
		UserId:            next.UserID,
		AnonymousId:       next.AnonymousID,
		Event:             next.Event,
		OriginalTimestamp: next.Timestamp,
		Properties:        next.Properties,
		Context:           &analytics.Context{Extra: map[string]any{"groupId": next.GroupID}},
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
