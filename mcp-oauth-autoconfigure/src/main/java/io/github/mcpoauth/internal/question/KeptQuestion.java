// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.question;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.pending.PendingKind;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import io.github.mcpoauth.question.QuestionUrl;
import org.jspecify.annotations.Nullable;

/**
 * An address that waits for its user, as all processes know it.
 *
 * @param question the question
 * @param decision the decision that the server has not heard yet, {@code null} if the
 * user has not decided
 */
record KeptQuestion(Question.Url question, Answer.@Nullable Action decision) {

	/**
	 * More than a user reads.
	 */
	private static final int LONGEST_MESSAGE = 2000;

	/**
	 * Write a question.
	 * @param question the question, which is cut where its texts are too long
	 */
	static KeptQuestion of(Question.Url question) {
		String message = question.message();
		return new KeptQuestion(new Question.Url(question.id(), question.key(), question.tool(),
				(message.length() > LONGEST_MESSAGE) ? message.substring(0, LONGEST_MESSAGE) + "..." : message,
				question.expiresAt(), question.url()), null);
	}

	KeptQuestion decided(Answer.Action action) {
		return new KeptQuestion(this.question, action);
	}

	/**
	 * The same question of a later call.
	 */
	KeptQuestion askedAgain(KeptQuestion later) {
		Question.Url next = later.question;
		return new KeptQuestion(new Question.Url(this.question.id(), next.key(), next.tool(), next.message(),
				next.expiresAt(), next.url()), this.decision);
	}

	boolean isFor(QuestionUrl url) {
		return this.question.url().value().equals(url.value());
	}

	/**
	 * Questions, the newest first.
	 */
	static final class Kind implements PendingKind<KeptQuestion> {

		private static final int MOST = 10;

		/**
		 * A server must not push out the logins of the same text. There is always room
		 * for the newest question.
		 */
		private static final int LARGEST = 64 * 1024;

		@Override
		public String name() {
			return "questions";
		}

		@Override
		public int most() {
			return MOST;
		}

		@Override
		public int largest() {
			return LARGEST;
		}

		@Override
		public Instant expiresAt(KeptQuestion kept) {
			return kept.question().expiresAt();
		}

		@Override
		public Map<String, Object> write(KeptQuestion kept) {
			Map<String, Object> members = new LinkedHashMap<>();
			members.put("id", kept.question().id());
			members.put("message", kept.question().message());
			members.put("url", kept.question().url().value());
			if (kept.question().tool() != null) {
				members.put("tool", kept.question().tool());
			}
			if (kept.decision() != null) {
				members.put("decision", kept.decision().name().toLowerCase(Locale.ROOT));
			}
			return members;
		}

		@Override
		public KeptQuestion read(GrantKey key, Instant expiresAt, JsonMembers members) throws MalformedRecordException {
			String id = members.text("id");
			String url = members.text("url");
			String message = members.text("message");
			String decision = members.text("decision");
			if (id == null || url == null) {
				throw new MalformedRecordException("lacks a member of a question");
			}
			try {
				return new KeptQuestion(
						new Question.Url(id, key, members.text("tool"), (message != null) ? message : "", expiresAt,
								QuestionUrl.of(url)),
						(decision != null) ? Answer.Action.valueOf(decision.toUpperCase(Locale.ROOT)) : null);
			}
			catch (IllegalArgumentException ex) {
				throw new MalformedRecordException("has a question that no user should see");
			}
		}

	}

}
