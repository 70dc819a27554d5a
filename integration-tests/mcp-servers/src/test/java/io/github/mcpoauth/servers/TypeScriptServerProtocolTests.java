// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.servers;

import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.github.mcpoauth.fixtures.TypeScriptServer;
import io.github.mcpoauth.samples.demo.DemoServer;
import io.github.mcpoauth.session.McpServerSession.ServerChange;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The protocols with servers of version 2 of the TypeScript SDK.
 */
@Tag("npm")
class TypeScriptServerProtocolTests {

	@Nested
	class Legacy extends Servers {

		Legacy() throws IOException {
			super(Spoken.LEGACY);
		}

	}

	@Nested
	class Modern extends Servers {

		Modern() throws IOException {
			super(Spoken.MODERN);
		}

	}

	@Nested
	class Both extends Servers {

		Both() throws IOException {
			super(Spoken.BOTH);
		}

	}

	abstract static class Servers extends ProtocolTestBase {

		private final DemoServer authorizationServer;

		private final TypeScriptServer server;

		Servers(Spoken spoken) throws IOException {
			super(spoken);
			this.authorizationServer = DemoServer.start("--server.port=0", "--demo.auto-login=true",
					"--demo.resources=" + publicUrl());
			this.server = TypeScriptServer.start(this.authorizationServer.url(), 0, spoken.argument(), publicUrl());
		}

		@Override
		URI server() {
			return this.server.url();
		}

		@Override
		DemoServer authorizationServer() {
			return this.authorizationServer;
		}

		@Test
		@DisplayName("Three questions of one call, which a server of the new protocol asks with input_required")
		void callToolWhenServerAsksThreeTimesAnswersEachQuestion() throws Exception {
			this.agent.logIn();
			assertThat(text(
					await(this.agent.session().callTool(CallToolRequest.builder("ask").arguments(Map.of()).build()))))
				.isEqualTo("Question 1 Question 2 Question 3");
		}

		@Test
		@DisplayName("A call that its caller gives up, which a server of the new protocol hears of")
		void callToolWhenCancelledLeavesTheServerUsable() throws Exception {
			this.agent.logIn();
			int cancelled = this.server.stat("cancelled");
			int waiting = this.server.stat("waiting");
			Disposable call = this.agent.session()
				.callTool(CallToolRequest.builder("wait").arguments(Map.of()).build())
				.subscribe();
			Awaitility.await().atMost(AgentApplication.PATIENCE).until(() -> this.server.stat("waiting") > waiting);
			call.dispose();
			assertThat(echo("after")).isEqualTo("after");
			if (this.spoken != Spoken.LEGACY) {
				Awaitility.await()
					.atMost(AgentApplication.PATIENCE)
					.until(() -> this.server.stat("cancelled") > cancelled);
			}
		}

		@Test
		@DisplayName("A changed list is heard, and again after the stream was cut")
		void changesWhenStreamIsCutAreHeardAgain() throws Exception {
			this.agent.logIn();
			BlockingQueue<ServerChange> heard = new LinkedBlockingQueue<>();
			this.agent.session()
				.changes()
				.filter((change) -> change.kind() == ServerChange.Kind.TOOLS)
				.subscribe(heard::add);
			hear(heard);
			this.server.changeTools();
			hear(heard);
			this.proxy.cutConnections();
			hear(heard);
			this.server.changeTools();
			hear(heard);
		}

		private static void hear(BlockingQueue<ServerChange> heard) throws InterruptedException {
			assertThat(heard.poll(AgentApplication.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isNotNull();
		}

		@AfterAll
		void closeServers() {
			this.server.close();
			this.authorizationServer.close();
		}

	}

}
