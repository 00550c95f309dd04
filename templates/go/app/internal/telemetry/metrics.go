package telemetry

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// NewRegistry returns a registry that already measures the process and its runtime.
func NewRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return registry
}

// Requests measures how long requests take.
type Requests struct{ seconds *prometheus.HistogramVec }

// NewRequests registers the histogram.
func NewRequests(registry prometheus.Registerer) *Requests {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "http_server_request_duration_seconds",
		Help:    "From the request's head to the end of its answer.",
		Buckets: []float64{.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10},
	}, []string{"http_request_method", "http_route", "http_response_status_code"})
	registry.MustRegister(seconds)
	return &Requests{seconds: seconds}
}

// Observe counts one request. The route is its pattern, for a path would make a series of each id.
func (r *Requests) Observe(method, route string, status int, took time.Duration) {
	r.seconds.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}
