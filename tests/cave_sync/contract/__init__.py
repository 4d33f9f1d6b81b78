"""What CAVE's services do, and what our gateway makes of it: on the stand-in, or on the real ones
where SYNANNO_CAVE_SERVER, SYNANNO_CAVE_TOKEN and SYNANNO_CAVE_DATASTACK are set."""
