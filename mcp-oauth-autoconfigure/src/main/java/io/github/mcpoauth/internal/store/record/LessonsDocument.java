// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.record;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.GrantLessons.Challenge;
import io.github.mcpoauth.store.GrantLessons.ClientRefusals;
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
		Challenge challenge = new Challenge(members.words(CHALLENGED_SCOPE), members.text(CHALLENGED_SERVER));
		boolean challenged = !challenge.scope().isEmpty() || challenge.authorizationServer() != null;
		return new GrantLessons(challenged ? challenge : null, clientRefusals(members), refusedToken(members));
	}

	/**
	 * Write lessons.
	 * @param lessons the lessons
	 * @return the document, in UTF-8
	 */
	public static byte[] render(GrantLessons lessons) {
		Map<String, @Nullable Object> members = new LinkedHashMap<>();
		Challenge challenge = lessons.challenge();
		if (challenge != null) {
			members.put(CHALLENGED_SCOPE, List.copyOf(challenge.scope()));
			members.put(CHALLENGED_SERVER, challenge.authorizationServer());
		}
		ClientRefusals refusals = lessons.clientRefusals();
		if (refusals != null) {
			members.put(REFUSED_CLIENT, refusals.clientId());
			members.put(CLIENT_REFUSALS, refusals.count());
			members.put(CLIENT_REFUSED_SINCE, JsonMembers.seconds(refusals.first()));
		}
		RefusedToken token = lessons.refusedToken();
		if (token != null) {
			members.put(REFUSED_TOKEN, token.fingerprint());
			members.put(REFUSED_TOKEN_REASON, token.reason());
		}
		members.values().removeIf((value) -> value == null);
		return JsonMembers.render(members);
	}

	private static @Nullable ClientRefusals clientRefusals(JsonMembers members) throws MalformedRecordException {
		String clientId = members.text(REFUSED_CLIENT);
		int count = (int) Math.min(Integer.MAX_VALUE, members.count(CLIENT_REFUSALS));
		Instant first = members.instant(CLIENT_REFUSED_SINCE);
		return (clientId != null && count > 0 && first != null) ? new ClientRefusals(clientId, count, first) : null;
	}

	private static @Nullable RefusedToken refusedToken(JsonMembers members) throws MalformedRecordException {
		String fingerprint = members.text(REFUSED_TOKEN);
		String reason = members.text(REFUSED_TOKEN_REASON);
		return (fingerprint != null && reason != null) ? new RefusedToken(fingerprint, reason) : null;
	}

}
