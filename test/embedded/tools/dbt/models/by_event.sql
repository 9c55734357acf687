{{ config(materialized='table', order_by='event') }}

SELECT event, count() AS events FROM {{ ref('staged') }} GROUP BY event
