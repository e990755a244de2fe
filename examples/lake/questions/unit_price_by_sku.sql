-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- What does a unit cost, from the lowest price of a month to the highest, and on average?
SELECT
    billing_period,
    SkuId,
    PricingUnit,
    BillingCurrency,
    SUM(PricingQuantity) AS quantity,
    SUM(BilledCost) AS cost,
    MIN(ListUnitPrice) AS lowest_price,
    MAX(ListUnitPrice) AS highest_price,
    CAST(SUM(BilledCost) AS DOUBLE) / NULLIF(CAST(SUM(PricingQuantity) AS DOUBLE), 0) AS average_price
FROM costs
WHERE SkuId IS NOT NULL
GROUP BY billing_period, SkuId, PricingUnit, BillingCurrency
ORDER BY billing_period, SkuId, PricingUnit;
