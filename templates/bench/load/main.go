// Command load sends requests at a constant rate, whether or not earlier ones were answered, and tells how long each
// took from the moment at which it was due. So a request that had to wait, in the server's queue or for a connection,
// counts with its wait: no coordinated omission.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// mostErrors is how many different errors are told.
const mostErrors = 5

// memoryLimit bounds the generator, whose garbage is collected only there: a run takes seconds.
const memoryLimit = 1 << 30

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run() error {
	path := flag.String("targets", "", "file of requests, one JSON object a line, as vegeta describes them")
	rate := flag.Int("rate", 0, "requests a second")
	duration := flag.Duration("duration", 0, "for how long requests are sent")
	timeout := flag.Duration("timeout", 0, "after which a request has failed")
	connections := flag.Int("connections", 0, "requests under way at once; more have to wait, and their wait counts")
	flag.Parse()
	if *path == "" || min(*rate, *connections) < 1 || min(*duration, *timeout) < 1 {
		return errors.New("every flag is needed: -targets -rate -duration -timeout -connections")
	}
	targets, err := read(*path)
	if err != nil {
		return err
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(memoryLimit)

	attacker := vegeta.NewAttacker(
		vegeta.Timeout(*timeout),
		vegeta.MaxWorkers(uint64(*connections)),
		vegeta.Connections(*connections),
		vegeta.HTTP2(false),
		vegeta.MaxBody(0),
		vegeta.Redirects(vegeta.NoFollow),
	)
	paces := &punctual{interval: time.Second / time.Duration(*rate), hits: uint64(*rate) * uint64(*duration) / uint64(time.Second)}
	report := newReport()
	for result := range attacker.Attack(vegeta.NewStaticTargeter(targets...), paces, 0, "") {
		report.add(result, paces.due(result.Seq))
	}
	return json.NewEncoder(os.Stdout).Encode(report.summary())
}

func read(path string) ([]vegeta.Target, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return vegeta.ReadAllTargets(vegeta.NewJSONTargeter(file, nil, nil))
}

// punctual is a pacer that waits in the kernel: Go's own timers are late by up to a millisecond, which is longer than
// some answers take.
type punctual struct {
	interval time.Duration
	hits     uint64
	began    time.Time
}

// Pace waits until a request is due. It is called by one goroutine.
func (p *punctual) Pace(_ time.Duration, hits uint64) (time.Duration, bool) {
	if hits == 0 && p.began.IsZero() {
		runtime.LockOSThread()
		p.began = time.Now()
	}
	if hits >= p.hits {
		return 0, true
	}
	for wait := time.Until(p.due(hits)); wait > 0; wait = time.Until(p.due(hits)) {
		pause := syscall.NsecToTimespec(wait.Nanoseconds())
		_ = syscall.Nanosleep(&pause, nil) // interrupted, it waits again
	}
	return 0, false
}

// Rate is part of vegeta's interface.
func (p *punctual) Rate(time.Duration) float64 {
	return float64(time.Second) / float64(p.interval)
}

// due returns when a request, counted from 0, has to be sent.
func (p *punctual) due(hit uint64) time.Time {
	return p.began.Add(time.Duration(hit) * p.interval)
}

type report struct {
	latencies []time.Duration
	lateness  []time.Duration
	statuses  map[uint16]int
	errors    map[string]int
}

func newReport() *report {
	return &report{statuses: map[uint16]int{}, errors: map[string]int{}}
}

func (r *report) add(result *vegeta.Result, due time.Time) {
	late := result.Timestamp.Sub(due)
	r.lateness = append(r.lateness, late)
	r.latencies = append(r.latencies, late+result.Latency)
	r.statuses[result.Code]++
	if _, known := r.errors[result.Error]; result.Error != "" && (known || len(r.errors) < mostErrors) {
		r.errors[result.Error]++
	}
}

// Summary is what the command prints.
type Summary struct {
	Requests int            `json:"requests"`
	Statuses map[uint16]int `json:"statuses"` // 0 where no answer came
	Errors   map[string]int `json:"errors"`
	P50      float64        `json:"p50_ms"`
	P95      float64        `json:"p95_ms"`
	P99      float64        `json:"p99_ms"`
	Late     float64        `json:"late_p50_ms"` // how late the generator itself was
}

func (r *report) summary() Summary {
	slices.Sort(r.latencies)
	slices.Sort(r.lateness)
	return Summary{
		Requests: len(r.latencies),
		Statuses: r.statuses,
		Errors:   r.errors,
		P50:      percentile(r.latencies, 50),
		P95:      percentile(r.latencies, 95),
		P99:      percentile(r.latencies, 99),
		Late:     percentile(r.lateness, 50),
	}
}

// percentile returns, in milliseconds, the smallest value that so many percent of all do not exceed.
func percentile(sorted []time.Duration, percent int) float64 {
	rank := (len(sorted)*percent + 99) / 100
	return float64(sorted[rank-1].Microseconds()) / 1000
}
