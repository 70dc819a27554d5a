// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Set;

import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.testing.ForeignParser;

/**
 * The parsers of this package, for {@link io.github.mcpoauth.testing.ForeignParsers}.
 */
public final class LoginParsers {

	private static final URI REDIRECT_URI = URI.create("http://127.0.0.1:4711/callback");

	private LoginParsers() {
	}

	/**
	 * The parsers.
	 */
	public static List<ForeignParser> all() {
		return List.of(
				new ForeignParser("pasted answer",
						List.of("<" + REDIRECT_URI + "?code=c&state=s>", "\"code=c\n1&state=s\"", "c+1"),
						Set.of(IllegalArgumentException.class), (text) -> PastedAnswer.read(text, REDIRECT_URI)),
				new ForeignParser("logins under way", List.of("""
						{"id":"a","owner":"b","state":"WAITING","url":"https://as.example.com/authorize?a=b",
						"secrets":{"client":{"client_id":"c"}}}"""), Set.of(MalformedRecordException.class),
						(text) -> PendingLogin.of(Instant.EPOCH, JsonMembers.parse(ForeignParser.bytes(text)))));
	}

}
