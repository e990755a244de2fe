// Copyright (c) 2026, finops.cloud contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// A dashboard's types as Grafana publishes them. A test adds `export const checked: Checked = {...};`.
import type { Dashboard, Panel } from "@grafana/schema";
import type { Options as BarGaugeOptions } from "@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen";
import type { Options as StatOptions } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type { Options as TimeSeriesOptions } from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

// JSON has no enumerations: of one it has the text.
type Plain<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
type Shown =
  | { type: "stat"; options: Plain<Partial<StatOptions>> }
  | { type: "bargauge"; options: Plain<Partial<BarGaugeOptions>> }
  | { type: "timeseries"; options: Plain<Partial<TimeSeriesOptions>> };
type CheckedPanel = Omit<Plain<Panel>, "type" | "options"> & Shown;
type Checked = Omit<Plain<Dashboard>, "panels"> & { panels: CheckedPanel[] };

