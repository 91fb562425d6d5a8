//! What the program does to a real kernel, and to real traffic.
