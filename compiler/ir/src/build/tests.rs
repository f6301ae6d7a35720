//! Tests of the decision table: policies by hand, and what is in the table.
