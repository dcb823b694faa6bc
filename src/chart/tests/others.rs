//! Sources, patients, treatments, diagnoses, infections.
