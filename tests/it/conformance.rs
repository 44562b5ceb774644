//! One test suite for every store: each guarantee of `store::traits`, and each rejection.
//!
//! A test is a function over a [`Bench`]; the list at the end of this file runs all of them on each kind of store.

mod annotating;
mod caches;
mod concurrency;
mod erasing;
mod finding;
mod growing;
mod paging;
mod private;
mod reading;
mod refusing;

/// Runs each named function on each store.
macro_rules! on_every_store {
    ($($file:ident: $($name:ident),+;)+) => {
        mod memory {
            $($(#[test] fn $name() { super::$file::$name::<crate::support::stores::Memory>(); })+)+
        }
                mod rocks {
            $($(#[test] fn $name() { super::$file::$name::<crate::support::stores::Rocks>(); })+)+
        }
    };
}

on_every_store! {
    growing:
        a_new_ledger_has_nothing_to_show,
        a_block_is_invisible_until_it_is_published,
        every_block_survives_reopening,
        an_unpublished_block_survives_reopening_and_stays_invisible,
        the_tip_is_what_the_block_said,
        blocks_read_from_the_leaves_of_another_store_make_the_same_ledger,
        a_block_for_another_tip_is_refused,
        publishing_never_goes_back_and_never_ahead,
        nothing_is_published_that_the_chain_does_not_say;
    refusing:
        every_refusal_has_its_name_and_position,
        a_refused_block_leaves_nothing,
        the_same_rules_hold_inside_one_block,
        ownership_is_by_key_and_account;
    finding:
        every_row_is_found_and_only_once_published,
        digests_are_listed_earliest_first,
        salted_digests_are_found_like_plain_ones,
        neighbouring_keys_are_not_confused,
        subjects_are_streams_without_gaps,
        links_are_listed_by_kind_and_then_earliest_first,
        deposits_of_a_digest_are_read_in_ranges,
        a_notice_said_twice_is_found_where_it_stood_first,
        a_number_names_its_block_and_says_whether_its_digest_was_deposited_before,
        statements_are_found_many_at_a_time;
    annotating:
        annotations_are_kept_by_checkpoint_in_their_order,
        annotations_of_several_threads_are_all_kept_while_blocks_are_appended,
        checkpoints_are_found_by_the_level_that_they_reached;
    private:
        private_content_is_kept_beside_its_deposit,
        private_content_that_is_not_committed_to_is_refused;
    erasing:
        annexes_are_kept_under_their_deposit_and_commitment,
        labels_lead_to_their_deposits_both_ways,
        annexes_and_labels_need_a_meta_line,
        what_is_erased_stays_erased_and_all_else_is_held,
        a_copy_of_the_public_log_has_tombstones_and_no_content,
        a_refused_erasure_changes_nothing,
        an_erasure_and_its_act_are_one_block,
        cursors_are_kept_by_name;
    caches:
        a_deposit_found_again_says_what_it_said,
        receipts_of_a_remembered_block_are_those_of_the_store;
    paging:
        long_histories_are_counted_up_to_a_bound_and_read_in_pages;
    reading:
        reads_beyond_the_published_size_are_refused,
        leaves_and_tiles_read_back_as_they_were_appended,
        every_width_of_a_partial_tile_can_be_read;
    concurrency:
        seventy_thousand_leaves_are_all_proven,
        readers_beside_the_writer_see_whole_blocks_only;
}
