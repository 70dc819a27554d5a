// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.question;

import java.time.Instant;
import java.util.List;
import java.util.Set;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.testing.ForeignParser;

/**
 * The parsers of this package, for {@link io.github.mcpoauth.testing.ForeignParsers}.
 */
public final class QuestionParsers {

	private QuestionParsers() {
	}

	/**
	 * The parsers.
	 */
	public static List<ForeignParser> all() {
		return List.of(new ForeignParser("question that waits", List
			.of("""
					{"id":"a","message":"Log in","url":"https://login.example.com/a?state=s","tool":"report","decision":"accept"}"""),
				Set.of(MalformedRecordException.class), (text) -> new KeptQuestion.Kind().read(GrantKey.of("github"),
						Instant.EPOCH, JsonMembers.parse(ForeignParser.bytes(text)))));
	}

}
