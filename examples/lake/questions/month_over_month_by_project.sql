-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- By how much has each project changed since the month before? A project that is new or gone has a 0. The
-- month before is the last one with any cost.
WITH months AS (
    SELECT
        billing_period,
        LAG(billing_period) OVER (ORDER BY billing_period) AS before
    FROM costs
    GROUP BY billing_period
),
sides AS (
    SELECT
        months.billing_period,
        SubAccountId,
        SubAccountName,
        BillingCurrency,
        BilledCost AS cost,
        CAST(0 AS DECIMAL(38, 18)) AS cost_before,
        BilledCost AS change
    FROM costs
    JOIN months ON months.billing_period = costs.billing_period
    WHERE months.before IS NOT NULL
    UNION ALL
    SELECT
        months.billing_period,
        SubAccountId,
        SubAccountName,
        BillingCurrency,
        CAST(0 AS DECIMAL(38, 18)),
        BilledCost,
        -BilledCost
    FROM costs
    JOIN months ON months.before = costs.billing_period
)
SELECT
    billing_period,
    SubAccountId,
    MAX(SubAccountName) AS project,
    BillingCurrency,
    SUM(cost) AS cost,
    SUM(cost_before) AS cost_before,
    SUM(change) AS change,
    100 * CAST(SUM(change) AS DOUBLE) / NULLIF(CAST(SUM(cost_before) AS DOUBLE), 0) AS change_percent
FROM sides
GROUP BY billing_period, SubAccountId, BillingCurrency
ORDER BY billing_period, change DESC;
