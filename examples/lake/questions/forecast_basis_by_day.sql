-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- What has usage cost day by day, as a forecast wants it? A day with fewer hours than its neighbors is not
-- rated whole yet: leave it out.
SELECT
    charge_day,
    BillingCurrency,
    SUM(BilledCost) AS cost,
    COUNT(DISTINCT ChargePeriodStart) AS hours
FROM costs
WHERE ChargeCategory = 'Usage'
GROUP BY charge_day, BillingCurrency
ORDER BY charge_day;
