-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- In which currency was it recorded, and what is that in the currency of the bill?
SELECT
    billing_period,
    x_RecordedCurrency,
    SUM(x_RecordedCost) AS recorded,
    BillingCurrency,
    SUM(BilledCost) AS cost
FROM costs
GROUP BY billing_period, x_RecordedCurrency, BillingCurrency
ORDER BY billing_period, cost DESC;
