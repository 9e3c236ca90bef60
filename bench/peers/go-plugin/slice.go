// One slice: so many calls in flight for so long, and what came of it. It knows nothing of go-plugin.
package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"outboard.dev/bench/goplugin/hook"
)

// slice is what the bench asks for.
type slice struct {
	inFlight, warmUpMs, lengthMs int
}

// lane is what one goroutine measured.
type lane struct {
	warmUp    int
	latencies []time.Duration
	err       error
}

// run answers in the words that every case uses: WARM_UP_MESSAGES MESSAGES ELAPSED_NS P50_NS P99_NS.
func (s slice) run(client hook.HookClient, text string) (string, error) {
	start := time.Now()
	counted := start.Add(time.Duration(s.warmUpMs) * time.Millisecond)
	end := counted.Add(time.Duration(s.lengthMs) * time.Millisecond)
	lanes := make(chan lane, s.inFlight)
	for range s.inFlight {
		go func() { lanes <- drive(client, text, counted, end) }()
	}
	var warmUp int
	var all []time.Duration
	for range s.inFlight {
		one := <-lanes
		if one.err != nil {
			return "", one.err
		}
		warmUp += one.warmUp
		all = append(all, one.latencies...)
	}
	if len(all) == 0 {
		return "", fmt.Errorf("no call ended within %d ms", s.lengthMs)
	}
	slices.Sort(all)
	elapsed := end.Sub(counted).Nanoseconds()
	return fmt.Sprintln(warmUp, len(all), elapsed, all[len(all)/2].Nanoseconds(), all[len(all)*99/100].Nanoseconds()), nil
}

// drive asks again as soon as it is answered. Answers count that come before the end.
func drive(client hook.HookClient, text string, counted, end time.Time) (told lane) {
	var id uint64
	for began := time.Now(); ; {
		id++
		verdict, err := client.BeforePost(context.Background(), &hook.Draft{Id: id, Text: text})
		if err != nil || verdict.Decision != 0 {
			told.err = fmt.Errorf("no answer that lets the message pass: %v, %w", verdict, err)
			return told
		}
		now := time.Now()
		switch {
		case now.After(end):
			return told
		case began.Before(counted):
			told.warmUp++
		default:
			told.latencies = append(told.latencies, now.Sub(began))
		}
		began = now
	}
}
