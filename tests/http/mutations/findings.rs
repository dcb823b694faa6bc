//! What the mutations found, each as a call that stays in the tests.
