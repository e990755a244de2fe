-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- What does each cost center carry of a month, project by project, and which part of the month is that, in
-- percent? NULL is what names no cost center.
SELECT
    billing_period,
    cost_center,
    SubAccountName AS project,
    BillingCurrency,
    SUM(BilledCost) AS cost,
    100 * CAST(SUM(BilledCost) AS DOUBLE)
        / NULLIF(CAST(SUM(SUM(BilledCost)) OVER (PARTITION BY billing_period, BillingCurrency) AS DOUBLE), 0)
        AS month_percent
FROM costs
GROUP BY billing_period, cost_center, SubAccountName, BillingCurrency
ORDER BY billing_period, cost_center, cost DESC;
