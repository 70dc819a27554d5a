// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import io.github.mcpoauth.command.CommandParsers;
import io.github.mcpoauth.internal.address.HttpAddress;
import io.github.mcpoauth.internal.address.Redirect;
import io.github.mcpoauth.internal.client.ClientMetadataCheck;
import io.github.mcpoauth.internal.discovery.DiscoveryParsers;
import io.github.mcpoauth.internal.login.LoginParsers;
import io.github.mcpoauth.internal.migration.MigrationParsers;
import io.github.mcpoauth.internal.protocol.ProtocolParsers;
import io.github.mcpoauth.internal.question.QuestionParsers;
import io.github.mcpoauth.internal.store.encrypted.SealParsers;
import io.github.mcpoauth.internal.store.record.ClientDocument;
import io.github.mcpoauth.internal.store.record.GrantDocument;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.LessonsDocument;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.internal.store.record.SpendingDocument;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import io.github.mcpoauth.internal.text.ForeignJson;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.session.SessionParsers;

/**
 * All parsers of foreign text: answers and headers of servers, what a browser or a user
 * brings back, stored records, and files of other agents. A new parser belongs in here:
 * then it meets the hostile texts and the fuzzing. Parsers that their package keeps to
 * itself are listed beside them.
 */
public final class ForeignParsers {

	private static final URI SERVER = URI.create("https://mcp.example.com/mcp");

	private ForeignParsers() {
	}

	/**
	 * The parsers.
	 */
	public static List<ForeignParser> all() {
		return Stream
			.of(ProtocolParsers.all(), SessionParsers.all(), DiscoveryParsers.all(), LoginParsers.all(),
					QuestionParsers.all(), records(), SealParsers.all(), MigrationParsers.all(), CommandParsers.all(),
					addresses(), texts())
			.flatMap(List::stream)
			.toList();
	}

	private static List<ForeignParser> records() {
		return List.of(
				record("stored grant",
						"""
								{"access_token":"a","token_type":"Bearer","refresh_token":"r","expires_in":3600,"expires_at":1893553445.5,
								"scope":"a b","issuer":"https://as.example.com","resource":"https://mcp.example.com/mcp","client_id":"c",
								"token_endpoint":"https://as.example.com/token","generation":3,"x":[1,{"y":true}]}""",
						(text) -> GrantDocument.parse(ForeignParser.bytes(text), Instant.EPOCH).grant()),
				record("stored client", """
						{"client_id":"c","client_secret":"s","client_secret_expires_at":0,"scope":"a b",
						"redirect_uris":["http://127.0.0.1:4711/callback"],"issuer":"https://as.example.com",
						"token_endpoint_auth_method":"client_secret_basic","grant_types":["refresh_token"]}""",
						(text) -> ClientDocument.parse(ForeignParser.bytes(text))),
				record("stored lessons", """
						{"challenged_scope":["a","b"],"challenged_authorization_server":"https://as.example.com",
						"refused_client":"c","client_refusals":2,"client_refused_since":1893553445,
						"refused_token_fingerprint":"f","refused_token_reason":"invalid_grant"}""",
						(text) -> LessonsDocument.parse(ForeignParser.bytes(text))),
				record("stored note of a refresh",
						"{\"fingerprint\":\"f\",\"owner\":\"o\",\"noted_at\":1893553445.123}",
						(text) -> SpendingDocument.parse(ForeignParser.bytes(text))),
				record("stored metadata", "{\"issuer\":\"https://as.example.com\",\"scopes_supported\":[\"a\",1.5]}",
						(text) -> JsonMembers.parse(ForeignParser.bytes(text)).rest()),
				new ForeignParser("note of an older version", List.of("0123456789abcdef"), Set.of(),
						SpendingDocument::parse),
				new ForeignParser("key of a record", List.of("github~-principal", "git~c3~a4hub", "my-server"),
						Set.of(), KeyCodec::parse));
	}

	private static ForeignParser record(String name, String sample, ForeignParser.Format format) {
		return new ForeignParser(name, List.of(sample), Set.of(MalformedRecordException.class), format);
	}

	private static List<ForeignParser> addresses() {
		List<String> samples = List.of("https://mcp.example.com/mcp", "HTTPS://mcp.example.com:443/mcp/a%2fb?c=d#e",
				"http://[::1]:80/a;b/../c");
		return List.of(
				new ForeignParser("address of a resource", samples, Set.of(),
						(text) -> HttpAddress.covers(text, SERVER)),
				new ForeignParser("redirect", List.of("/mcp/a", "//mcp.example.com/a", "https://mcp.example.com/b#c"),
						Set.of(), (text) -> Redirect.of(SERVER, true, 307, text)));
	}

	private static List<ForeignParser> texts() {
		return List.of(
				new ForeignParser("JSON of a server", List.of("{\"a\":[1,2.5e3,\"b\",null,true,{\"c\":{}}]}"), Set.of(),
						ForeignJson::read),
				new ForeignParser("client metadata document",
						List.of("""
								{"client_id":"https://mcp.example.com/mcp","client_name":"a","redirect_uris":["http://127.0.0.1/callback"],
								"grant_types":["authorization_code"],"token_endpoint_auth_method":"private_key_jwt",
								"jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"x","y":"y","kid":"k"}]}}"""),
						Set.of(), (text) -> ClientMetadataCheck.of(SERVER, ForeignParser.bytes(text))),
				new ForeignParser("quoted text", List.of("It's a text\u202e\n"), Set.of(), UntrustedText::quote),
				new ForeignParser("printed text", List.of("It's a text\u202e\n\t"), Set.of(),
						UntrustedText::printable));
	}

}
