//! The parts put together: the log, the answers, the schema and the doors.
