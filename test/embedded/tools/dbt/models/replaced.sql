{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='event', order_by='event') }}

SELECT event, count() AS events FROM {{ ref('staged') }} GROUP BY event
