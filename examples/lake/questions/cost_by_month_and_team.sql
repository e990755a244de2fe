-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- What has each team cost in each month? NULL is what names no team.
SELECT
    billing_period,
    team,
    BillingCurrency,
    SUM(BilledCost) AS cost
FROM costs
GROUP BY billing_period, team, BillingCurrency
ORDER BY billing_period, cost DESC;
