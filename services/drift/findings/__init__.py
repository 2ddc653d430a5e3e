"""What the tests of one window find: data that is broken, inputs that moved, quality that fell; pure."""
