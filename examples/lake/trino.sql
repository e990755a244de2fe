-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- The lake in Trino, with a catalog `hive` of the Hive connector that may read the folders: trino --file
-- trino.sql --catalog hive --schema finops. The columns are those of FOCUS 1.2. The names of the tags, the time
-- zone and the folders are yours.
CREATE TABLE IF NOT EXISTS focus (
    BilledCost DECIMAL(38, 18),
    ContractedCost DECIMAL(38, 18),
    EffectiveCost DECIMAL(38, 18),
    ListCost DECIMAL(38, 18),
    ContractedUnitPrice DECIMAL(38, 18),
    ListUnitPrice DECIMAL(38, 18),
    PricingQuantity DECIMAL(38, 18),
    ConsumedQuantity DECIMAL(38, 18),
    PricingCurrencyEffectiveCost DECIMAL(38, 18),
    PricingCurrencyContractedUnitPrice DECIMAL(38, 18),
    PricingCurrencyListUnitPrice DECIMAL(38, 18),
    x_RecordedCost DECIMAL(38, 18),
    BillingPeriodStart TIMESTAMP(3),
    BillingPeriodEnd TIMESTAMP(3),
    ChargePeriodStart TIMESTAMP(3),
    ChargePeriodEnd TIMESTAMP(3),
    x_EntryVersion INTEGER,
    x_EntryKey VARCHAR,
    AvailabilityZone VARCHAR,
    BillingAccountId VARCHAR,
    BillingAccountName VARCHAR,
    BillingAccountType VARCHAR,
    BillingCurrency VARCHAR,
    CapacityReservationId VARCHAR,
    CapacityReservationStatus VARCHAR,
    ChargeCategory VARCHAR,
    ChargeClass VARCHAR,
    ChargeDescription VARCHAR,
    ChargeFrequency VARCHAR,
    CommitmentDiscountCategory VARCHAR,
    CommitmentDiscountId VARCHAR,
    CommitmentDiscountName VARCHAR,
    CommitmentDiscountQuantity DECIMAL(38, 18),
    CommitmentDiscountStatus VARCHAR,
    CommitmentDiscountType VARCHAR,
    CommitmentDiscountUnit VARCHAR,
    ConsumedUnit VARCHAR,
    InvoiceId VARCHAR,
    InvoiceIssuerName VARCHAR,
    PricingCategory VARCHAR,
    PricingCurrency VARCHAR,
    PricingUnit VARCHAR,
    ProviderName VARCHAR,
    PublisherName VARCHAR,
    RegionId VARCHAR,
    RegionName VARCHAR,
    ResourceId VARCHAR,
    ResourceName VARCHAR,
    ResourceType VARCHAR,
    ServiceCategory VARCHAR,
    ServiceName VARCHAR,
    ServiceSubcategory VARCHAR,
    SkuId VARCHAR,
    SkuMeter VARCHAR,
    SkuPriceDetails VARCHAR,
    SkuPriceId VARCHAR,
    SubAccountId VARCHAR,
    SubAccountName VARCHAR,
    SubAccountType VARCHAR,
    Tags VARCHAR,
    x_Category VARCHAR,
    x_RecordedCurrency VARCHAR,
    x_Source VARCHAR,
    billing_period VARCHAR
)
WITH (
    format = 'PARQUET',
    external_location = 'file:///srv/lake/focus',
    partitioned_by = ARRAY['billing_period']
);

CREATE TABLE IF NOT EXISTS reported (LIKE focus)
WITH (
    format = 'PARQUET',
    external_location = 'file:///srv/lake/reported',
    partitioned_by = ARRAY['billing_period']
);

-- Finds months that are new and forgets those that are gone: run it after every export.
CALL system.sync_partition_metadata(schema_name => 'finops', table_name => 'focus', mode => 'FULL');
CALL system.sync_partition_metadata(schema_name => 'finops', table_name => 'reported', mode => 'FULL');

CREATE OR REPLACE VIEW costs AS
SELECT
    focus.*,
    CAST(with_timezone(ChargePeriodStart, 'UTC') AT TIME ZONE 'UTC' AS DATE) AS charge_day,
    json_extract_scalar(Tags, '$.team') AS team,
    json_extract_scalar(Tags, '$.cost_center') AS cost_center
FROM focus;
