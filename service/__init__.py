"""Tolok as a service on one machine: PostgreSQL and Airflow's processes, started, watched and ended as a whole."""
