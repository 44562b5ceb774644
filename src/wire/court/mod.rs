//! JSON shapes of the filing flow: accounts, cases, originals. Requests are strict; answers are bilingual.
