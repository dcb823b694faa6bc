//! One order for the facts, so that nothing hangs on the one in which a client sent them.

use super::{Drafted, Facts};

impl Facts {
    /// The same facts in their own order, each once.
    ///
    /// Where two facts compete (two results of one day), the rule that chooses says which one stands;
    /// this order decides only what is listed first. It names every list of the facts: a new one has to
    /// be added here.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        let Self {
            patient: _,
            searched: _,
            igg,
            iga,
            igm,
            weights,
            b_cells,
            m_proteins,
            diagnoses,
            car_t,
            bispecifics,
            transplants,
            infections,
            immunoglobulin,
            running_orders,
            past_doses,
            vaccinations,
            organ_foci,
            running_antibiotics,
            statements,
            order: _,
            drafted:
                Drafted {
                    tests,
                    vaccinations: vaccines,
                },
            problems,
        } = &mut self;
        for results in [igg, iga, igm] {
            arrange(results);
        }
        arrange(weights);
        arrange(b_cells);
        arrange(m_proteins);
        arrange(diagnoses);
        arrange(car_t);
        arrange(bispecifics);
        arrange(transplants);
        arrange(infections);
        arrange(immunoglobulin);
        arrange(running_orders);
        arrange(past_doses);
        arrange(vaccinations);
        arrange(organ_foci);
        arrange(running_antibiotics);
        arrange(statements);
        arrange(tests);
        arrange(vaccines);
        arrange(problems);
        self
    }
}

fn arrange<T: Ord>(list: &mut Vec<T>) {
    list.sort_unstable();
    list.dedup();
}
