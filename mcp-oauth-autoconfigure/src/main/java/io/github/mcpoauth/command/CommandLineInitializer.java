// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.time.Clock;
import java.time.Duration;

import org.springframework.beans.BeansException;
import org.springframework.beans.factory.BeanFactoryInitializer;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.cache.CacheManager;
import org.springframework.cache.config.CacheManagementConfigUtils;
import org.springframework.cache.support.NoOpCacheManager;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.LifecycleProcessor;
import org.springframework.context.support.AbstractApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.util.ClassUtils;

/**
 * Runs a command in the application's context instead of the application. Only the beans
 * that the command uses are created: nothing is scheduled or listens, and the process
 * ends with the command's exit code before any runner runs.
 */
final class CommandLineInitializer implements ApplicationContextInitializer<ConfigurableApplicationContext>, Ordered {

	/**
	 * More than the longest login. Each wait of a command has a shorter bound of its own.
	 */
	private static final Duration LONGEST = Duration.ofHours(1);

	private final McpCommandLine commandLine;

	private final Terminal terminal;

	private final CommandDeadline deadline;

	CommandLineInitializer(McpCommandLine commandLine, Terminal terminal, CommandDeadline deadline) {
		this.commandLine = commandLine;
		this.terminal = terminal;
		this.deadline = deadline;
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

	@Override
	public void initialize(ConfigurableApplicationContext context) {
		context.addBeanFactoryPostProcessor(new OnDemand());
		ConfigurableListableBeanFactory beanFactory = context.getBeanFactory();
		beanFactory.registerSingleton("mcpCommandWeaving", new NothingIsWoven());
		beanFactory.registerSingleton(AbstractApplicationContext.LIFECYCLE_PROCESSOR_BEAN_NAME, new NothingStarts());
		context.addApplicationListener(new Run());
	}

	/**
	 * Makes every bean lazy, also those that Spring Boot's lazy initialization leaves
	 * eager, for example for their scheduled methods.
	 */
	private static final class OnDemand implements BeanFactoryPostProcessor {

		private static final String METER_REGISTRY = "io.micrometer.core.instrument.MeterRegistry";

		@Override
		public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
			for (String name : beanFactory.getBeanDefinitionNames()) {
				beanFactory.getBeanDefinition(name).setLazyInit(true);
			}
			if (ClassUtils.isPresent(METER_REGISTRY, beanFactory.getBeanClassLoader())) {
				NoMetrics.registerMissing(beanFactory);
			}
			if (beanFactory.containsBeanDefinition(CacheManagementConfigUtils.CACHE_ADVISOR_BEAN_NAME)) {
				registerMissingCaches(beanFactory);
			}
		}

		/**
		 * Where {@code @EnableCaching} is, a missing cache manager would end the start.
		 */
		private static void registerMissingCaches(ConfigurableListableBeanFactory beanFactory) {
			if (beanFactory.getBeanNamesForType(CacheManager.class, true, false).length == 0) {
				RootBeanDefinition caches = new RootBeanDefinition(NoOpCacheManager.class);
				caches.setLazyInit(true);
				((BeanDefinitionRegistry) beanFactory).registerBeanDefinition("mcpCommandCacheManager", caches);
			}
		}

	}

	/**
	 * Leaves JPA's entity manager factory alone, which a context makes before all lazy
	 * beans, since it may change classes while they are loaded. It would connect to the
	 * database, and could change the schema there. Until the command runs, searches that
	 * must not create a bean do without those that a method makes.
	 */
	private static final class NothingIsWoven implements BeanFactoryInitializer<DefaultListableBeanFactory> {

		@Override
		public void initialize(DefaultListableBeanFactory beanFactory) {
			beanFactory.setAllowEagerClassLoading(false);
		}

		static void end(ConfigurableListableBeanFactory beanFactory) {
			((DefaultListableBeanFactory) beanFactory).setAllowEagerClassLoading(true);
		}

	}

	/**
	 * Starts and stops no bean: consumers and schedulers stay silent. The beans that the
	 * command used are destroyed by the bean factory.
	 */
	private static final class NothingStarts implements LifecycleProcessor {

		@Override
		public void onRefresh() {
			// Nothing starts
		}

		@Override
		public void onClose() {
			// Nothing to stop
		}

		@Override
		public void start() {
			// Nothing starts
		}

		@Override
		public void stop() {
			// Nothing to stop
		}

		@Override
		public boolean isRunning() {
			return true;
		}

	}

	/**
	 * Runs the command as soon as the application has started, and ends the process.
	 */
	private final class Run implements ApplicationListener<ApplicationStartedEvent>, Ordered {

		@Override
		public int getOrder() {
			return Ordered.HIGHEST_PRECEDENCE;
		}

		@Override
		public void onApplicationEvent(ApplicationStartedEvent event) {
			ConfigurableApplicationContext context = event.getApplicationContext();
			CommandDeadline deadline = CommandLineInitializer.this.deadline;
			NothingIsWoven.end(context.getBeanFactory());
			ExitCode exitCode = run(context, deadline);
			deadline.within(CommandDeadline.CLOSE, "the application did not close");
			context.close();
			deadline.ended();
			System.exit(exitCode.value());
		}

		private ExitCode run(ConfigurableApplicationContext context, CommandDeadline deadline) {
			McpCommandLine commandLine = CommandLineInitializer.this.commandLine;
			Services services = new Services(context.getBeanFactory(), CommandLineInitializer.this.terminal.in(),
					Clock.systemUTC());
			try {
				services.manager();
			}
			catch (BeansException ex) {
				if (Failure.unreachable(ex) == null) {
					// Spring Boot's failure analyzers say it better
					throw ex;
				}
				return commandLine.fail(ex);
			}
			deadline.started();
			deadline.within(LONGEST, "the command did not end");
			return commandLine.run(services);
		}

	}

}
