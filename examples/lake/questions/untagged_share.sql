-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- Which part of each month's cost names no team, in percent?
SELECT
    billing_period,
    BillingCurrency,
    SUM(BilledCost) AS cost,
    SUM(CASE WHEN team IS NULL THEN BilledCost ELSE 0 END) AS untagged,
    100 * CAST(SUM(CASE WHEN team IS NULL THEN BilledCost ELSE 0 END) AS DOUBLE)
        / NULLIF(CAST(SUM(BilledCost) AS DOUBLE), 0) AS untagged_percent
FROM costs
GROUP BY billing_period, BillingCurrency
ORDER BY billing_period;
