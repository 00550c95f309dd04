package postgres

import "github.com/prometheus/client_golang/prometheus"

// Describe sends nothing: the metrics are those that Collect sends.
func (d *Database) Describe(chan<- *prometheus.Desc) {}

// Collect reports how much of the pool is in use, and who waits for it.
func (d *Database) Collect(metrics chan<- prometheus.Metric) {
	stat := d.pool.Stat()
	gauge := func(name, help string, value int64, labels prometheus.Labels) {
		desc := prometheus.NewDesc(name, help, nil, labels)
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value))
	}
	const count, countHelp = "db_client_connection_count", "Connections of the pool."
	gauge(count, countHelp, int64(stat.AcquiredConns()), prometheus.Labels{"db_client_connection_state": "used"})
	gauge(count, countHelp, int64(stat.IdleConns()), prometheus.Labels{"db_client_connection_state": "idle"})
	gauge("db_client_connection_max", "Connections that the pool may have.", int64(stat.MaxConns()), nil)
	// BK126: pgx's own counters move only when a wait is over.
	gauge("db_client_connection_pending_requests", "Who waits for a connection.", d.waiting.Load(), nil)
}
