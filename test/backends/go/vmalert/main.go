// Command vmalert is vmalert's own evaluation of rules against VictoriaLogs, by a clock that it is given: for each time (ms since the epoch, one a
// line on stdin) it evaluates all groups, and answers with a line of JSON, the labels of all alerts that fire.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert/config"
	"github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert/datasource"
	"github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert/notifier"
	"github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert/rule"
	"github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert/templates"
)

// defaultEvalDelay is what a group without eval_delay has (-rule.evalDelay).
const defaultEvalDelay = 30 * time.Second

func run(rules string) error {
	if err := templates.Load(nil, url.URL{}); err != nil {
		return err
	}
	parsed, err := config.Parse([]string{rules}, notifier.ValidateTemplates, true)
	if err != nil {
		return err
	}
	querier, err := datasource.Init(nil)
	if err != nil {
		return err
	}
	groups := make([]*rule.Group, len(parsed))
	for i, one := range parsed {
		groups[i] = rule.NewGroup(one, querier, time.Minute, nil)
		groups[i].Init()
	}
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		ms, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			return err
		}
		firing, err := evaluate(groups, time.UnixMilli(ms).UTC())
		if err != nil {
			return err
		}
		if err := out.Encode(firing); err != nil {
			return err
		}
	}
	return lines.Err()
}

func evaluate(groups []*rule.Group, now time.Time) ([]map[string]string, error) {
	firing := []map[string]string{}
	for _, group := range groups {
		none := func() []notifier.Notifier { return nil }
		for err := range group.ExecOnce(context.Background(), none, nil, asked(group, now)) {
			if err != nil {
				return nil, err
			}
		}
		for _, one := range group.Rules {
			alerting, ok := one.(*rule.AlertingRule)
			if !ok {
				return nil, fmt.Errorf("%s is no alerting rule", one)
			}
			for _, alert := range alerting.GetAlerts() {
				if alert.State == notifier.StateFiring {
					firing = append(firing, alert.Labels)
				}
			}
		}
	}
	return firing, nil
}

// asked is the time that a group which is evaluated now asks about, as Group.Start works it out.
func asked(group *rule.Group, now time.Time) time.Time {
	delay := defaultEvalDelay
	if group.EvalDelay != nil {
		delay = *group.EvalDelay
	}
	return now.Add(-delay).Truncate(group.Interval)
}

func main() {
	flag.Parse()
	if err := run(flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
