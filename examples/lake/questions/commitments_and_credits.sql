-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- What is usage, what was bought in advance, and what came back, month by month? Net is without tax.
SELECT
    billing_period,
    BillingCurrency,
    SUM(CASE WHEN ChargeCategory = 'Usage' THEN BilledCost ELSE 0 END) AS used,
    SUM(CASE WHEN ChargeCategory = 'Purchase' THEN BilledCost ELSE 0 END) AS purchased,
    SUM(CASE WHEN ChargeCategory = 'Credit' THEN BilledCost ELSE 0 END) AS credited,
    SUM(CASE WHEN ChargeCategory = 'Adjustment' THEN BilledCost ELSE 0 END) AS adjusted,
    SUM(CASE WHEN ChargeCategory = 'Tax' THEN 0 ELSE BilledCost END) AS net,
    SUM(CASE WHEN ChargeCategory = 'Tax' THEN BilledCost ELSE 0 END) AS tax
FROM costs
GROUP BY billing_period, BillingCurrency
ORDER BY billing_period;
