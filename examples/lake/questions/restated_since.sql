-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- What has changed in the months that were reported, since they were? `reported` is the lake as of that date.
WITH sides AS (
    SELECT
        billing_period,
        SubAccountId,
        SubAccountName,
        BillingCurrency,
        CAST(0 AS DECIMAL(38, 18)) AS cost_reported,
        BilledCost AS cost_now,
        BilledCost AS restated
    FROM focus
    WHERE billing_period IN (SELECT billing_period FROM reported)
    UNION ALL
    SELECT
        billing_period,
        SubAccountId,
        SubAccountName,
        BillingCurrency,
        BilledCost,
        CAST(0 AS DECIMAL(38, 18)),
        -BilledCost
    FROM reported
)
SELECT
    billing_period,
    SubAccountId,
    MAX(SubAccountName) AS project,
    BillingCurrency,
    SUM(cost_reported) AS cost_reported,
    SUM(cost_now) AS cost_now,
    SUM(restated) AS restated
FROM sides
GROUP BY billing_period, SubAccountId, BillingCurrency
HAVING SUM(restated) <> 0
ORDER BY billing_period, restated DESC;
