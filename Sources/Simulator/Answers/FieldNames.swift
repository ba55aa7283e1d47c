/// The names that X's description of its API (2.167) has for fields, expansions and streams.
///
/// Streams keep the old spelling; lookups have the new one, and are asked in the old one by every client made before August 2026.
enum FieldNames {
    static let tweet = list(
        """
        article attachments author_id card_uri community_id context_annotations conversation_id created_at
        display_text_range edit_controls edit_history_tweet_ids entities geo id in_reply_to_user_id lang
        matched_media_notes media_metadata non_public_metrics note_request_suggestions note_tweet organic_metrics
        paid_partnership possibly_sensitive promoted_metrics public_metrics referenced_tweets reply_settings scopes
        source suggested_source_links suggested_source_links_with_counts text withheld
        """
    )

    static let post = list(
        """
        article article_title attachments card_uri community_id context_annotations conversation_id created_at
        display_text_range edit_controls entities geo id lang matched_media_notes media_metadata non_public_metrics
        note_post note_request_suggestions organic_metrics paid_partnership possibly_sensitive promoted_metrics
        public_metrics reply_settings scopes source suggested_source_links suggested_source_links_with_counts text
        withheld
        """
    )

    static let tweetExpansions = list(
        """
        article.cover_media article.media_entities attachments.media_keys attachments.media_source_tweet
        attachments.poll_ids author_id edit_history_tweet_ids entities.mentions.username geo.place_id
        in_reply_to_user_id entities.note.mentions.username referenced_tweets.id
        referenced_tweets.id.attachments.media_keys referenced_tweets.id.author_id
        """
    )

    static let postExpansions = list(
        """
        article.cover_media article.media_entities attachments.media_keys attachments.media_source_tweet
        attachments.poll_ids author_id edit_history_post_ids entities.mentions.username geo.place_id
        in_reply_to_user_id referenced_posts username
        """
    )

    static let streamUser = list(
        """
        affiliation confirmed_email connection_status created_at description entities id is_identity_verified location
        most_recent_tweet_id name parody pinned_tweet_id profile_banner_url profile_image_url protected public_metrics
        receives_your_dm subscription subscription_type url username verified verified_followers_count verified_type
        withheld
        """
    )

    static let lookupUser = list(
        """
        confirmed_email connection_status created_at description entities id is_identity_verified location name parody
        profile_banner_url profile_image_url protected public_metrics receives_your_dm subscribes_to_you subscription
        subscription_type url username verified verified_followers_count verified_type withheld
        """
    )

    static let media = list(
        """
        alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url promoted_metrics
        public_metrics type url variants width
        """
    )

    static let poll = list(
        """
        duration_minutes end_datetime id options voting_status
        """
    )

    static let place = list(
        """
        contained_within country country_code full_name geo id name place_type
        """
    )

    static let usage = list(
        """
        cap_reset_day daily_client_app_usage daily_project_usage project_cap project_id project_usage
        """
    )

    static let connection = list(
        """
        client_ip connected_at disconnect_reason disconnected_at endpoint_name id
        """
    )

    static let streams = list(
        """
        filtered_stream sample_stream sample10_stream firehose_stream tweets_compliance_stream users_compliance_stream
        tweet_label_stream firehose_stream_lang_en firehose_stream_lang_ja firehose_stream_lang_ko
        firehose_stream_lang_pt likes_firehose_stream likes_sample10_stream likes_compliance_stream
        """
    )

    private static func list(_ text: String) -> [String] {
        text.split { $0 == " " || $0 == "\n" }.map(String.init)
    }
}
