-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- Which ten resources have cost most in the newest month?
SELECT
    ResourceId,
    MAX(ResourceName) AS resource,
    MAX(SubAccountName) AS project,
    BillingCurrency,
    SUM(BilledCost) AS cost
FROM costs
WHERE billing_period = (SELECT MAX(billing_period) FROM costs) AND ResourceId IS NOT NULL
GROUP BY ResourceId, BillingCurrency
ORDER BY cost DESC, ResourceId
LIMIT 10;
