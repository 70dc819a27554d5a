// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.record;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.GrantLessons.LearnedChallenge;
import io.github.mcpoauth.store.GrantLessons.Refusals;
import io.github.mcpoauth.store.GrantLessons.RefusedToken;
import org.jspecify.annotations.Nullable;

/**
 * The lessons about a grant as a JSON document.
 */
public final class LessonsDocument {

	private static final String CHALLENGED_SCOPE = "challenged_scope";

	private static final String CHALLENGED_SERVER = "challenged_authorization_server";

	private static final String REFUSED_CLIENT = "refused_client_id";

	private static final String CLIENT_REFUSALS = "client_refusals";

	private static final String CLIENT_REFUSED_SINCE = "client_refused_since";

	private static final String TOKEN_REFUSALS_OF = "token_refusals_of";

	private static final String TOKEN_REFUSALS = "token_refusals";

	private static final String TOKEN_REFUSED_SINCE = "token_refused_since";

	private static final String REFUSED_TOKEN = "refused_token_fingerprint";

	private static final String REFUSED_TOKEN_REASON = "refused_token_reason";

	private LessonsDocument() {
	}

	/**
	 * Parse a document.
	 * @param content the document
	 * @return the lessons
	 * @throws MalformedRecordException if it is not a JSON object or has a member of a
	 * wrong type
	 */
	public static GrantLessons parse(byte[] content) throws MalformedRecordException {
		JsonMembers members = JsonMembers.parse(content);
		LearnedChallenge challenge = new LearnedChallenge(members.words(CHALLENGED_SCOPE),
				members.text(CHALLENGED_SERVER));
		boolean challenged = !challenge.scope().isEmpty() || challenge.authorizationServer() != null;
		return new GrantLessons(challenged ? challenge : null,
				refusals(members, REFUSED_CLIENT, CLIENT_REFUSALS, CLIENT_REFUSED_SINCE),
				refusals(members, TOKEN_REFUSALS_OF, TOKEN_REFUSALS, TOKEN_REFUSED_SINCE), refusedToken(members));
	}

	/**
	 * Write lessons.
	 * @param lessons the lessons
	 * @return the document, in UTF-8
	 */
	public static byte[] render(GrantLessons lessons) {
		Map<String, @Nullable Object> members = new LinkedHashMap<>();
		LearnedChallenge challenge = lessons.challenge();
		if (challenge != null) {
			members.put(CHALLENGED_SCOPE, List.copyOf(challenge.scope()));
			members.put(CHALLENGED_SERVER, challenge.authorizationServer());
		}
		Refusals client = lessons.clientRefusals();
		if (client != null) {
			members.put(REFUSED_CLIENT, client.subject());
			members.put(CLIENT_REFUSALS, client.count());
			members.put(CLIENT_REFUSED_SINCE, JsonMembers.seconds(client.first()));
		}
		Refusals refusals = lessons.tokenRefusals();
		if (refusals != null) {
			members.put(TOKEN_REFUSALS_OF, refusals.subject());
			members.put(TOKEN_REFUSALS, refusals.count());
			members.put(TOKEN_REFUSED_SINCE, JsonMembers.seconds(refusals.first()));
		}
		RefusedToken token = lessons.refusedToken();
		if (token != null) {
			members.put(REFUSED_TOKEN, token.fingerprint());
			members.put(REFUSED_TOKEN_REASON, token.reason());
		}
		members.values().removeIf((value) -> value == null);
		return JsonMembers.render(members);
	}

	private static @Nullable Refusals refusals(JsonMembers members, String subjectName, String countName,
			String firstName) throws MalformedRecordException {
		String subject = members.text(subjectName);
		int count = (int) Math.min(Integer.MAX_VALUE, members.count(countName));
		Instant first = members.instant(firstName);
		return (subject != null && count > 0 && first != null) ? new Refusals(subject, count, first) : null;
	}

	private static @Nullable RefusedToken refusedToken(JsonMembers members) throws MalformedRecordException {
		String fingerprint = members.text(REFUSED_TOKEN);
		String reason = members.text(REFUSED_TOKEN_REASON);
		return (fingerprint != null && reason != null) ? new RefusedToken(fingerprint, reason) : null;
	}

}
