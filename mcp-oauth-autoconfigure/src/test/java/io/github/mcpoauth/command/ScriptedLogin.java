// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.ServerStatus;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A login to {@code demo} that a test ends by hand. It takes the pasted text
 * {@code code-1} and no other.
 */
final class ScriptedLogin implements Login {

	static final URI URL = URI.create("https://issuer.example/authorize?client_id=client-1&state=s%201");

	static final Login.UserCode USER_CODE = new Login.UserCode("WDJB-MJHT", URI.create("https://issuer.example/device"),
			URI.create("https://issuer.example/device?user_code=WDJB-MJHT"));

	static final String GOOD = "code-1";

	final BlockingQueue<String> pasted = new LinkedBlockingQueue<>();

	final List<String> refused = new CopyOnWriteArrayList<>();

	private final Sinks.One<ServerStatus> completion = Sinks.one();

	private final @Nullable URI authorizationUrl;

	private final Login.@Nullable UserCode userCode;

	ScriptedLogin() {
		this(URL);
	}

	ScriptedLogin(@Nullable URI authorizationUrl) {
		this.authorizationUrl = authorizationUrl;
		this.userCode = null;
	}

	ScriptedLogin(Login.UserCode userCode) {
		this.authorizationUrl = userCode.verificationUriComplete();
		this.userCode = userCode;
	}

	ScriptedLogin succeeded() {
		this.completion.tryEmitValue(RecordingManager.authorized("demo"));
		return this;
	}

	ScriptedLogin failed(Reason reason) {
		this.completion.tryEmitError(new LoginException("demo", reason, "the test said so"));
		return this;
	}

	@Override
	public String id() {
		return "flow1";
	}

	@Override
	public String server() {
		return "demo";
	}

	@Override
	public @Nullable URI authorizationUrl() {
		return this.authorizationUrl;
	}

	@Override
	public Login.@Nullable UserCode userCode() {
		return this.userCode;
	}

	@Override
	public Instant expiresAt() {
		return Instant.parse("2026-01-01T11:05:00Z");
	}

	@Override
	public Mono<ServerStatus> complete(String text) {
		return Mono.defer(() -> {
			if (!GOOD.equals(text)) {
				this.refused.add(text);
				return Mono.error(new IllegalArgumentException("That is neither a redirect URL nor a code"));
			}
			this.pasted.add(text);
			succeeded();
			return completion();
		});
	}

	@Override
	public Mono<ServerStatus> completion() {
		return this.completion.asMono();
	}

	@Override
	public void cancel() {
		failed(Reason.CANCELLED);
	}

}
