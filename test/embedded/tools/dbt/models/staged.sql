{{ config(materialized='view') }}

SELECT timestamp, event FROM {{ source('pipeline', 'dbt_events') }}
