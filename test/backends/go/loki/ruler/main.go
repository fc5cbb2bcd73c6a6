// Command ruler is Loki's own evaluation of rules by a clock that it is given: it loads a file of rules as Loki's ruler does, and for each time (ms
// since the epoch, one a line on stdin) evaluates all groups, asking a Loki over HTTP, and answers with a line of JSON, the labels of all
// alerts that fire.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/grafana/loki/v3/pkg/ruler"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"
)

// rule is an alerting rule and what the ruler hands over with it when it evaluates it.
type rule struct {
	*rules.AlertingRule
	offset time.Duration
	limit  int
}

func load(file string) ([]rule, error) {
	var loader ruler.GroupLoader
	loaded, errs := loader.Load(file, false, model.LegacyValidation)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	var found []rule
	for _, group := range loaded.Groups {
		var offset time.Duration
		if group.QueryOffset != nil {
			offset = time.Duration(*group.QueryOffset)
		}
		for _, one := range group.Rules {
			expr, err := loader.Parse(one.Expr)
			if err != nil {
				return nil, err
			}
			alerting := rules.NewAlertingRule(one.Alert, expr, time.Duration(one.For), time.Duration(one.KeepFiringFor),
				labels.FromMap(one.Labels), labels.FromMap(one.Annotations), labels.EmptyLabels(), "", true, slog.Default())
			found = append(found, rule{alerting, offset, group.Limit})
		}
	}
	return found, nil
}

// asking asks the Loki of that address as the tenant.
func asking(address, tenant string) rules.QueryFunc {
	return func(ctx context.Context, query string, at time.Time) (promql.Vector, error) {
		form := url.Values{"query": {query}, "time": {strconv.FormatInt(at.UnixNano(), 10)}}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/loki/api/v1/query?"+form.Encode(), nil)
		if err != nil {
			return nil, err
		}
		request.Header.Set("X-Scope-OrgID", tenant)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			return nil, err
		}
		if response.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: %s: %s", query, response.Status, text)
		}
		var answer struct {
			Data struct {
				ResultType string
				Result     []struct {
					Metric map[string]string
					Value  [2]any
				}
			}
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			return nil, err
		}
		if answer.Data.ResultType != "vector" {
			return nil, fmt.Errorf("%s gives a %s", query, answer.Data.ResultType)
		}
		vector := promql.Vector{}
		for _, one := range answer.Data.Result {
			value, err := strconv.ParseFloat(fmt.Sprint(one.Value[1]), 64)
			if err != nil {
				return nil, err
			}
			vector = append(vector, promql.Sample{T: at.UnixMilli(), F: value, Metric: labels.FromMap(one.Metric)})
		}
		return vector, nil
	}
}

func run(file, address, tenant string) error {
	loaded, err := load(file)
	if err != nil {
		return err
	}
	query := asking(address, tenant)
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		ms, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			return err
		}
		firing := []map[string]string{}
		for _, one := range loaded {
			if _, err := one.Eval(context.Background(), one.offset, time.UnixMilli(ms), query, &url.URL{}, one.limit); err != nil {
				return err
			}
			for _, alert := range one.ActiveAlerts() {
				if alert.State == rules.StateFiring {
					firing = append(firing, alert.Labels.Map())
				}
			}
		}
		if err := out.Encode(firing); err != nil {
			return err
		}
	}
	return lines.Err()
}

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
